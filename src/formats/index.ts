/** Model files: random access to bytes, GGUF, safetensors. What reads from a disk is in the files named `*.node.ts`. */
export { blobSource, bytesSource, httpSource, type ByteSource, type HttpSourceOptions } from './source.ts'
export type { GgufFile, GgufNumbers, GgufScalarType, GgufTensor, GgufValue, GgufValueType } from './gguf/gguf-file.ts'
export { isGgufStrings, type GgufStrings } from './gguf/gguf-strings.ts'
export { metadataReader, type MetadataReader } from './gguf/metadata-reader.ts'
export { readGguf, type ReadGgufOptions } from './gguf/read-gguf.ts'
export {
  readSafetensors,
  readShardedSafetensors,
  type OtherType,
  type ReadSafetensorsOptions,
  type SafetensorsFile,
  type SafetensorsTensor,
  type ShardedSafetensorsOptions,
} from './safetensors.ts'
export type { BlockConverter, BlockJob } from './gguf/convert-blocks.ts'
export {
  quantizeGguf,
  type QuantizedGguf,
  type QuantizedTensor,
  type QuantizeGgufOptions,
} from './gguf/quantize-gguf.ts'
export { type QuantizeReason, type QuantizeType, quantizeTypes } from './gguf/quantize-types.ts'
export { writeGguf, type GgufTensorInput, type WriteGgufOptions } from './gguf/write-gguf.ts'
