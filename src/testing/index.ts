/** `ostro/testing`: a model for tests that plays a script. */
export {
  type Script,
  type ScriptedAnswer,
  type ScriptedCall,
  scriptedModel,
  type ScriptedModel,
  type ScriptedModelOptions,
  type ScriptedRequest,
} from './scripted-model.ts'
