"""The messages of ONNX. Source: onnx/onnx, onnx/onnx.proto of release 1.23; domains and operators, ONNX Runtime 1.26."""

from typing import Final

from bartizan.supply.parsers.protobuf import Schema, schema

SCHEMA: Final[Schema] = schema("""
ModelProto: 1 ir_version varint, 2 producer_name text, 3 producer_version text, 4 domain text, 5 model_version varint, 6 doc_string text, 7 graph GraphProto, 8 opset_import OperatorSetIdProto*, 14 metadata_props StringStringEntryProto*, 20 training_info TrainingInfoProto*, 25 functions FunctionProto*, 26 configuration DeviceConfigurationProto*
GraphProto: 1 node NodeProto*, 2 name text, 5 initializer TensorProto*, 10 doc_string text, 11 input ValueInfoProto*, 12 output ValueInfoProto*, 13 value_info ValueInfoProto*, 14 quantization_annotation TensorAnnotation*, 15 sparse_initializer SparseTensorProto*, 16 metadata_props StringStringEntryProto*
NodeProto: 1 input text*, 2 output text*, 3 name text, 4 op_type text, 5 attribute AttributeProto*, 6 doc_string text, 7 domain text, 8 overload text, 9 metadata_props StringStringEntryProto*, 10 device_configurations NodeDeviceConfigurationProto*
AttributeProto: 1 name text, 2 f fixed32, 3 i varint, 4 s octets, 5 t TensorProto, 6 g GraphProto, 7 floats fixed32*, 8 ints varint*, 9 strings octets*, 10 tensors TensorProto*, 11 graphs GraphProto*, 13 doc_string text, 14 tp TypeProto, 15 type_protos TypeProto*, 20 type varint, 21 ref_attr_name text, 22 sparse_tensor SparseTensorProto, 23 sparse_tensors SparseTensorProto*
TensorProto: 1 dims varint*, 2 data_type varint, 3 segment Segment, 4 float_data fixed32*, 5 int32_data varint*, 6 string_data octets*, 7 int64_data varint*, 8 name text, 9 raw_data octets, 10 double_data fixed64*, 11 uint64_data varint*, 12 doc_string text, 13 external_data StringStringEntryProto*, 14 data_location varint, 16 metadata_props StringStringEntryProto*
Segment: 1 begin varint, 2 end varint
SparseTensorProto: 1 values TensorProto, 2 indices TensorProto, 3 dims varint*
ValueInfoProto: 1 name text, 2 type TypeProto, 3 doc_string text, 4 metadata_props StringStringEntryProto*
TypeProto: 1 tensor_type TensorType, 4 sequence_type SequenceType, 5 map_type MapType, 6 denotation text, 7 opaque_type OpaqueType, 8 sparse_tensor_type TensorType, 9 optional_type SequenceType
TensorType: 1 elem_type varint, 2 shape TensorShapeProto
SequenceType: 1 elem_type TypeProto
MapType: 1 key_type varint, 2 value_type TypeProto
OpaqueType: 1 domain text, 2 name text
TensorShapeProto: 1 dim Dimension*
Dimension: 1 dim_value varint, 2 dim_param text, 3 denotation text
FunctionProto: 1 name text, 4 input text*, 5 output text*, 6 attribute text*, 7 node NodeProto*, 8 doc_string text, 9 opset_import OperatorSetIdProto*, 10 domain text, 11 attribute_proto AttributeProto*, 12 value_info ValueInfoProto*, 13 overload text, 14 metadata_props StringStringEntryProto*
StringStringEntryProto: 1 key text, 2 value text
OperatorSetIdProto: 1 domain text, 2 version varint
TrainingInfoProto: 1 initialization GraphProto, 2 algorithm GraphProto, 3 initialization_binding StringStringEntryProto*, 4 update_binding StringStringEntryProto*
TensorAnnotation: 1 tensor_name text, 2 quant_parameter_tensor_names StringStringEntryProto*
DeviceConfigurationProto: 1 name text, 2 num_devices varint, 3 device text*
NodeDeviceConfigurationProto: 1 configuration_id text, 2 sharding_spec ShardingSpecProto*, 3 pipeline_stage varint
ShardingSpecProto: 1 tensor_name text, 2 device varint*, 3 index_to_device_group_map IntIntListEntryProto*, 4 sharded_dim ShardedDimProto*
ShardedDimProto: 1 axis varint, 2 simple_sharding SimpleShardedDimProto*
SimpleShardedDimProto: 1 dim_value varint, 2 dim_param text, 3 num_shards varint
IntIntListEntryProto: 1 key varint, 2 value varint*
""")
STANDARD: Final = frozenset(
    {"", "ai.onnx", "ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview", "ai.onnx.preview.training"}
)
"""Domains of the standard's own operators, none of which reads a file or runs anything."""
RUNTIME: Final = frozenset({"com.microsoft"})
"""Domain of ONNX Runtime's own operators; some load libraries, so only those below are let pass."""
OPERATORS: Final = frozenset(
    """
Attention BeamSearch BiasAdd BiasDropout BiasGelu BiasSoftmax BiasSplitGelu BifurcationDetector CDist ComplexMul ComplexMulConj
ConvTransposeWithDynamicPads CropAndResize DecoderAttention DecoderMaskedMultiHeadAttention DecoderMaskedSelfAttention
DequantizeLinear DequantizeWithOrder DynamicQuantizeLSTM DynamicQuantizeMatMul DynamicTimeWarping EmbedLayerNormalization ExpandDims
FastGelu FusedConv FusedGemm FusedMatMul FusedMatMulActivation GatedRelativePositionBias GatherBlockQuantized GatherND Gelu
GemmFastGelu GemmFloat8 GreedySearch GridSample GroupNorm GroupQueryAttention Inverse Irfft LongformerAttention MatMulBnb4
MatMulFpQ4 MatMulInteger16 MatMulIntegerToFloat MatMulNBits MaxpoolWithMask MoE MulInteger MultiHeadAttention MurmurHash3
NGramRepeatBlock NhwcConv NhwcFusedConv NhwcMaxPool PackedAttention PackedMultiHeadAttention Pad QAttention QEmbedLayerNormalization
QGemm QLinearAdd QLinearAveragePool QLinearConcat QLinearConv QLinearGlobalAveragePool QLinearLeakyRelu QLinearMul QLinearReduceMean
QLinearSigmoid QLinearSoftmax QLinearWhere QMoE QOrderedAttention QOrderedGelu QOrderedLayerNormalization QOrderedLongformerAttention
QOrderedMatMul QuantizeBFP QuantizeLinear QuantizeWithOrder QuickGelu Range ReduceSumInteger RelativePositionBias RemovePadding
RestorePadding Rfft RotaryEmbedding SampleOp Sampling SkipGroupNorm SkipLayerNormalization SkipSimplifiedLayerNormalization
SparseAttention SparseToDenseMatMul Tokenizer TransposeMatMul Trilu UnfoldTensor Unique WhisperBeamSearch WordConvEmbedding
""".split()  # noqa: SIM905 - names read better in rows
)
WIDTHS: Final = {1: 4, 2: 1, 3: 1, 4: 2, 5: 2, 6: 4, 7: 8, 9: 1, 10: 2, 11: 8, 12: 4, 13: 8, 14: 8, 15: 16, 16: 2, 17: 1, 18: 1,
                 19: 1, 20: 1, 24: 1}  # fmt: skip
"""Type of an element -> its octets, of those that have whole ones."""
