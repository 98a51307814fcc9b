/** Routers of mixtures of experts: rules, routings, losses and statistics. */
export { combineGradient, combineWeights } from './combine.ts'
export { documentsOf, drawsAt, groupsOf } from './groups.ts'
export type { DocumentPart, DrawSource, RoutingGroup } from './groups.ts'
export { jitter } from './jitter.ts'
export { balanceLoss, pooledBalanceLoss, routerEntropy, zLoss } from './losses.ts'
export type { BalanceForm, RouterLoss } from './losses.ts'
export {
  gshardRouter,
  mixtralRouter,
  nllbRouter,
  openMoeRouter,
  routerRule,
  stMoeRouter,
  switchRouter,
} from './presets.ts'
export type { RouterConfig } from './presets.ts'
export { routeTokens } from './route-tokens.ts'
export type { RouteOptions, Routing } from './route-tokens.ts'
export { capacityOf, checkRule, drawsPerToken, givesSlotsInOrder, isDropless } from './rule.ts'
export type { Capacity, RouterRule, SecondPolicy } from './rule.ts'
export { routingStatistics } from './statistics.ts'
export type { RoutingStatistics } from './statistics.ts'
