"""The messages of a SavedModel, and TensorFlow's operators that only compute, of release 2.21 (2026-11).

The operators are its registry without those that reach files, networks, Python, other processes or hardware queues, and without those of its own tests.
A module and no file of data: the process that reads files can open none itself. Source: tensorflow/tensorflow, `core/protobuf`, `core/framework`.
"""

from typing import Final

SCHEMA: Final = """
SavedModel: 1 saved_model_schema_version varint, 2 meta_graphs MetaGraphDef*
MetaGraphDef: 1 meta_info_def MetaGraphDef_MetaInfoDef, 2 graph_def GraphDef, 3 saver_def SaverDef, 4 collection_def MetaGraphDef_CollectionDefEntry*, 5 signature_def MetaGraphDef_SignatureDefEntry*, 6 asset_file_def AssetFileDef*, 7 object_graph_def SavedObjectGraph
MetaGraphDef_MetaInfoDef: 1 meta_graph_version text, 2 stripped_op_list OpList, 3 any_info google_protobuf_Any, 4 tags text*, 5 tensorflow_version text, 6 tensorflow_git_version text, 7 stripped_default_attrs varint, 8 function_aliases MetaGraphDef_MetaInfoDef_FunctionAliasesEntry*
OpList: 1 op OpDef*
OpDef: 1 name text, 2 input_arg OpDef_ArgDef*, 3 output_arg OpDef_ArgDef*, 4 attr OpDef_AttrDef*, 5 summary text, 6 description text, 8 deprecation OpDeprecation, 16 is_aggregate varint, 17 is_stateful varint, 18 is_commutative varint, 19 allows_uninitialized_input varint, 20 control_output text*, 21 is_distributed_communication varint
OpDef_ArgDef: 1 name text, 2 description text, 3 type varint, 4 type_attr text, 5 number_attr text, 6 type_list_attr text, 7 handle_data ResourceHandleProto_DtypeAndShape*, 16 is_ref varint, 17 experimental_full_type FullTypeDef
ResourceHandleProto_DtypeAndShape: 1 dtype varint, 2 shape TensorShapeProto
TensorShapeProto: 2 dim TensorShapeProto_Dim*, 3 unknown_rank varint
TensorShapeProto_Dim: 1 size varint, 2 name text
FullTypeDef: 1 type_id varint, 2 args FullTypeDef*, 3 s text, 4 i varint
OpDef_AttrDef: 1 name text, 2 type text, 3 default_value AttrValue, 4 description text, 5 has_minimum varint, 6 minimum varint, 7 allowed_values AttrValue
AttrValue: 1 list AttrValue_ListValue, 2 s octets, 3 i varint, 4 f fixed32, 5 b varint, 6 type varint, 7 shape TensorShapeProto, 8 tensor TensorProto, 9 placeholder text, 10 func NameAttrList
AttrValue_ListValue: 2 s octets*, 3 i varint*, 4 f fixed32*, 5 b varint*, 6 type varint*, 7 shape TensorShapeProto*, 8 tensor TensorProto*, 9 func NameAttrList*
TensorProto: 1 dtype varint, 2 tensor_shape TensorShapeProto, 3 version_number varint, 4 tensor_content octets, 5 float_val fixed32*, 6 double_val fixed64*, 7 int_val varint*, 8 string_val octets*, 9 scomplex_val fixed32*, 10 int64_val varint*, 11 bool_val varint*, 12 dcomplex_val fixed64*, 13 half_val varint*, 14 resource_handle_val ResourceHandleProto*, 15 variant_val VariantTensorDataProto*, 16 uint32_val varint*, 17 uint64_val varint*, 18 float8_val octets
ResourceHandleProto: 1 device text, 2 container text, 3 name text, 4 hash_code varint, 5 maybe_type_name text, 6 dtypes_and_shapes ResourceHandleProto_DtypeAndShape*
VariantTensorDataProto: 1 type_name text, 2 metadata octets, 3 tensors TensorProto*
NameAttrList: 1 name text, 2 attr NameAttrList_AttrEntry*
NameAttrList_AttrEntry: 1 key text, 2 value AttrValue
OpDeprecation: 1 version varint, 2 explanation text
google_protobuf_Any: 1 type_url text, 2 value octets
MetaGraphDef_MetaInfoDef_FunctionAliasesEntry: 1 key text, 2 value text
GraphDef: 1 node NodeDef*, 2 library FunctionDefLibrary, 3 version varint, 4 versions VersionDef, 5 debug_info GraphDebugInfo
NodeDef: 1 name text, 2 op text, 3 input text*, 4 device text, 5 attr NodeDef_AttrEntry*, 6 experimental_debug_info NodeDef_ExperimentalDebugInfo, 7 experimental_type FullTypeDef
NodeDef_AttrEntry: 1 key text, 2 value AttrValue
NodeDef_ExperimentalDebugInfo: 1 original_node_names text*, 2 original_func_names text*
FunctionDefLibrary: 1 function FunctionDef*, 2 gradient GradientDef*, 3 registered_gradients RegisteredGradient*
FunctionDef: 1 signature OpDef, 3 node_def NodeDef*, 4 ret FunctionDef_RetEntry*, 5 attr FunctionDef_AttrEntry*, 6 control_ret FunctionDef_ControlRetEntry*, 7 arg_attr FunctionDef_ArgAttrEntry*, 8 resource_arg_unique_id FunctionDef_ResourceArgUniqueIdEntry*
FunctionDef_RetEntry: 1 key text, 2 value text
FunctionDef_AttrEntry: 1 key text, 2 value AttrValue
FunctionDef_ControlRetEntry: 1 key text, 2 value text
FunctionDef_ArgAttrEntry: 1 key varint, 2 value FunctionDef_ArgAttrs
FunctionDef_ArgAttrs: 1 attr FunctionDef_ArgAttrs_AttrEntry*
FunctionDef_ArgAttrs_AttrEntry: 1 key text, 2 value AttrValue
FunctionDef_ResourceArgUniqueIdEntry: 1 key varint, 2 value varint
GradientDef: 1 function_name text, 2 gradient_func text
RegisteredGradient: 1 gradient_func text, 2 registered_op_type text
VersionDef: 1 producer varint, 2 min_consumer varint, 3 bad_consumers varint*
GraphDebugInfo: 1 files text*, 2 traces GraphDebugInfo_TracesEntry*, 4 frames_by_id GraphDebugInfo_FramesByIdEntry*, 5 name_to_trace_id GraphDebugInfo_NameToTraceIdEntry*, 6 traces_by_id GraphDebugInfo_TracesByIdEntry*
GraphDebugInfo_TracesEntry: 1 key text, 2 value GraphDebugInfo_StackTrace
GraphDebugInfo_StackTrace: 1 file_line_cols GraphDebugInfo_FileLineCol*, 2 frame_id fixed64*
GraphDebugInfo_FileLineCol: 1 file_index varint, 2 line varint, 3 col varint, 4 func text, 5 code text
GraphDebugInfo_FramesByIdEntry: 1 key fixed64, 2 value GraphDebugInfo_FileLineCol
GraphDebugInfo_NameToTraceIdEntry: 1 key text, 2 value fixed64
GraphDebugInfo_TracesByIdEntry: 1 key fixed64, 2 value GraphDebugInfo_StackTrace
SaverDef: 1 filename_tensor_name text, 2 save_tensor_name text, 3 restore_op_name text, 4 max_to_keep varint, 5 sharded varint, 6 keep_checkpoint_every_n_hours fixed32, 7 version varint
MetaGraphDef_CollectionDefEntry: 1 key text, 2 value CollectionDef
CollectionDef: 1 node_list CollectionDef_NodeList, 2 bytes_list CollectionDef_BytesList, 3 int64_list CollectionDef_Int64List, 4 float_list CollectionDef_FloatList, 5 any_list CollectionDef_AnyList
CollectionDef_NodeList: 1 value text*
CollectionDef_BytesList: 1 value octets*
CollectionDef_Int64List: 1 value varint*
CollectionDef_FloatList: 1 value fixed32*
CollectionDef_AnyList: 1 value google_protobuf_Any*
MetaGraphDef_SignatureDefEntry: 1 key text, 2 value SignatureDef
SignatureDef: 1 inputs SignatureDef_InputsEntry*, 2 outputs SignatureDef_OutputsEntry*, 3 method_name text, 4 defaults SignatureDef_DefaultsEntry*
SignatureDef_InputsEntry: 1 key text, 2 value TensorInfo
TensorInfo: 1 name text, 2 dtype varint, 3 tensor_shape TensorShapeProto, 4 coo_sparse TensorInfo_CooSparse, 5 composite_tensor TensorInfo_CompositeTensor
TensorInfo_CooSparse: 1 values_tensor_name text, 2 indices_tensor_name text, 3 dense_shape_tensor_name text
TensorInfo_CompositeTensor: 1 type_spec TypeSpecProto, 2 components TensorInfo*
TypeSpecProto: 1 type_spec_class varint, 2 type_state StructuredValue, 3 type_spec_class_name text, 4 num_flat_components varint
StructuredValue: 1 none_value NoneValue, 11 float64_value fixed64, 12 int64_value varint, 13 string_value text, 14 bool_value varint, 31 tensor_shape_value TensorShapeProto, 32 tensor_dtype_value varint, 33 tensor_spec_value TensorSpecProto, 34 type_spec_value TypeSpecProto, 35 bounded_tensor_spec_value BoundedTensorSpecProto, 51 list_value ListValue, 52 tuple_value TupleValue, 53 dict_value DictValue, 54 named_tuple_value NamedTupleValue, 55 tensor_value TensorProto, 56 numpy_value TensorProto
NoneValue:
TensorSpecProto: 1 name text, 2 shape TensorShapeProto, 3 dtype varint
BoundedTensorSpecProto: 1 name text, 2 shape TensorShapeProto, 3 dtype varint, 4 minimum TensorProto, 5 maximum TensorProto
ListValue: 1 values StructuredValue*
TupleValue: 1 values StructuredValue*
DictValue: 1 fields DictValue_FieldsEntry*
DictValue_FieldsEntry: 1 key text, 2 value StructuredValue
NamedTupleValue: 1 name text, 2 values PairValue*
PairValue: 1 key text, 2 value StructuredValue
SignatureDef_OutputsEntry: 1 key text, 2 value TensorInfo
SignatureDef_DefaultsEntry: 1 key text, 2 value TensorProto
AssetFileDef: 1 tensor_info TensorInfo, 2 filename text
SavedObjectGraph: 1 nodes SavedObject*, 2 concrete_functions SavedObjectGraph_ConcreteFunctionsEntry*
SavedObject: 1 children TrackableObjectGraph_TrackableObject_ObjectReference*, 3 slot_variables TrackableObjectGraph_TrackableObject_SlotVariableReference*, 4 user_object SavedUserObject, 5 asset SavedAsset, 6 function SavedFunction, 7 variable SavedVariable, 8 bare_concrete_function SavedBareConcreteFunction, 9 constant SavedConstant, 10 resource SavedResource, 11 saveable_objects SavedObject_SaveableObjectsEntry*, 12 captured_tensor CapturedTensor, 13 registered_name text, 14 serialized_user_proto google_protobuf_Any, 15 dependencies TrackableObjectGraph_TrackableObject_ObjectReference*, 16 registered_saver text
TrackableObjectGraph_TrackableObject_ObjectReference: 1 node_id varint, 2 local_name text
TrackableObjectGraph_TrackableObject_SlotVariableReference: 1 original_variable_node_id varint, 2 slot_name text, 3 slot_variable_node_id varint
SavedUserObject: 1 identifier text, 2 version VersionDef, 3 metadata text
SavedAsset: 1 asset_file_def_index varint
SavedFunction: 1 concrete_functions text*, 2 function_spec FunctionSpec
FunctionSpec: 1 fullargspec StructuredValue, 2 is_method varint, 5 input_signature StructuredValue, 6 jit_compile varint
SavedVariable: 1 dtype varint, 2 shape TensorShapeProto, 3 trainable varint, 4 synchronization varint, 5 aggregation varint, 6 name text, 7 device text, 8 experimental_distributed_variable_components SavedVariable*
SavedBareConcreteFunction: 1 concrete_function_name text, 2 argument_keywords text*, 3 allowed_positional_arguments varint, 4 function_spec FunctionSpec
SavedConstant: 1 operation text
SavedResource: 1 device text
SavedObject_SaveableObjectsEntry: 1 key text, 2 value SaveableObject
SaveableObject: 2 save_function varint, 3 restore_function varint
CapturedTensor: 1 name text, 2 concrete_function text
SavedObjectGraph_ConcreteFunctionsEntry: 1 key text, 2 value SavedConcreteFunction
SavedConcreteFunction: 2 bound_inputs varint*, 3 canonicalized_input_signature StructuredValue, 4 output_signature StructuredValue
"""
"""For `bartizan.supply.parsers.protobuf.schema`."""
OPERATORS: Final = """
Abs AccumulateNV2 Acos Acosh Add AddN AddV2 AdjustContrast AdjustContrastv2 AdjustHue AdjustSaturation All
AllCandidateSampler Angle AnonymousHashTable AnonymousMutableDenseHashTable AnonymousMutableHashTable
AnonymousMutableHashTableOfTensors Any ApplyAdaMax ApplyAdadelta ApplyAdagrad ApplyAdagradDA ApplyAdagradV2 ApplyAdam
ApplyAddSign ApplyCenteredRMSProp ApplyFtrl ApplyFtrlV2 ApplyGradientDescent ApplyMomentum ApplyPowerSign
ApplyProximalAdagrad ApplyProximalGradientDescent ApplyRMSProp ApproxTopK ApproximateEqual ArgMax ArgMin AsString Asin
Asinh Assert Assign AssignAdd AssignAddVariableOp AssignSub AssignSubVariableOp AssignVariableOp Atan Atan2 Atanh
AvgPool AvgPool3D AvgPool3DGrad AvgPoolGrad BandedTriangularSolve BatchCholesky BatchCholeskyGrad BatchFFT BatchFFT2D
BatchFFT3D BatchIFFT BatchIFFT2D BatchIFFT3D BatchMatMul BatchMatMulV2 BatchMatMulV3 BatchMatrixBandPart
BatchMatrixDeterminant BatchMatrixDiag BatchMatrixDiagPart BatchMatrixInverse BatchMatrixSetDiag BatchMatrixSolve
BatchMatrixSolveLs BatchMatrixTriangularSolve BatchNormWithGlobalNormalization BatchNormWithGlobalNormalizationGrad
BatchSelfAdjointEig BatchSelfAdjointEigV2 BatchSvd BatchToSpace BatchToSpaceND BesselI0 BesselI0e BesselI1 BesselI1e
BesselJ0 BesselJ1 BesselK0 BesselK0e BesselK1 BesselK1e BesselY0 BesselY1 Betainc BiasAdd BiasAddGrad BiasAddV1 Bincount
Bitcast BitwiseAnd BitwiseOr BitwiseXor BlockLSTM BlockLSTMGrad BlockLSTMGradV2 BlockLSTMV2 BroadcastArgs
BroadcastGradientArgs BroadcastTo Bucketize CSRSparseMatrixComponents CSRSparseMatrixToDense
CSRSparseMatrixToSparseTensor CTCBeamSearchDecoder CTCGreedyDecoder CTCLoss CTCLossV2 Case Cast Ceil CheckNumerics
CheckNumericsV2 Cholesky CholeskyGrad ClipByValue CombinedNonMaxSuppression Complex ComplexAbs ComputeAccidentalHits
Concat ConcatOffset ConcatV2 Conj ConjugateTranspose Const ControlTrigger Conv Conv2D Conv2DBackpropFilter
Conv2DBackpropFilterV2 Conv2DBackpropInput Conv2DBackpropInputV2 Conv3D Conv3DBackpropFilter Conv3DBackpropFilterV2
Conv3DBackpropInput Conv3DBackpropInputV2 Cos Cosh CountUpTo CropAndResize CropAndResizeGradBoxes CropAndResizeGradImage
Cross CudnnRNN CudnnRNNBackprop CudnnRNNBackpropV2 CudnnRNNBackpropV3 CudnnRNNCanonicalToParams
CudnnRNNCanonicalToParamsV2 CudnnRNNParamsSize CudnnRNNParamsToCanonical CudnnRNNParamsToCanonicalV2 CudnnRNNV2
CudnnRNNV3 Cumprod Cumsum CumulativeLogsumexp Dawsn DecodeAndCropJpeg DecodeBase64 DecodeBmp DecodeCSV DecodeCompressed
DecodeGif DecodeImage DecodeJSONExample DecodeJpeg DecodeJxl DecodePaddedRaw DecodePng DecodeRaw DecodeWav DecodeWebP
DenseBincount DenseCountSparseOutput DenseToCSRSparseMatrix DenseToDenseSetOperation DenseToSparseSetOperation
DepthToSpace DepthwiseConv2dNative DepthwiseConv2dNativeBackpropFilter DepthwiseConv2dNativeBackpropInput Dequantize
DeserializeManySparse DeserializeSparse DestroyResourceOp Diag DiagPart Digamma Dilation2D Dilation2DBackpropFilter
Dilation2DBackpropInput DisableCopyOnRead Div DivNoNan DrawBoundingBoxes DrawBoundingBoxesV2 DynamicPartition
DynamicStitch EditDistance Eig Einsum Elu EluGrad Empty EmptyTensorList EmptyTensorMap EncodeBase64 EncodeJpeg
EncodeJpegVariableQuality EncodePng EncodeWav EnsureShape Enter Equal Erf Erfc Erfinv EuclideanNorm Exit Exp ExpandDims
Expint Expm1 ExtractGlimpse ExtractGlimpseV2 ExtractImagePatches ExtractJpegShape ExtractVolumePatches FFT FFT2D FFT3D
FFTND FakeParam FakeQuantWithMinMaxArgs FakeQuantWithMinMaxArgsGradient FakeQuantWithMinMaxVars
FakeQuantWithMinMaxVarsGradient FakeQuantWithMinMaxVarsPerChannel FakeQuantWithMinMaxVarsPerChannelGradient Fill
Fingerprint Floor FloorDiv FloorMod FractionalAvgPool FractionalAvgPoolGrad FractionalMaxPool FractionalMaxPoolGrad
FresnelCos FresnelSin FusedBatchNorm FusedBatchNormGrad FusedBatchNormGradV2 FusedBatchNormGradV3 FusedBatchNormV2
FusedBatchNormV3 FusedPadConv2D FusedResizeAndPadConv2D GRUBlockCell GRUBlockCellGrad Gather GatherNd GatherV2
GenerateBoundingBoxProposals Greater GreaterEqual GuaranteeConst HSVToRGB HashTable HashTableV2 HistogramFixedWidth IFFT
IFFT2D IFFT3D IFFTND IRFFT IRFFT2D IRFFT3D IRFFTND Identity IdentityN If Igamma IgammaGradA Igammac Imag
ImageProjectiveTransformV2 ImageProjectiveTransformV3 InTopK InTopKV2 InitializeTable InitializeTableV2 InplaceAdd
InplaceSub InplaceUpdate Inv InvGrad Invert InvertPermutation IsFinite IsInf IsNan KthOrderStatistic L2Loss LRN LRNGrad
LSTMBlockCell LSTMBlockCellGrad LeakyRelu LeakyReluGrad LeftShift Less LessEqual Lgamma LinSpace ListDiff Log Log1p
LogMatrixDeterminant LogSoftmax LogUniformCandidateSampler LogicalAnd LogicalNot LogicalOr LookupTableExport
LookupTableExportV2 LookupTableFind LookupTableFindV2 LookupTableImport LookupTableImportV2 LookupTableInsert
LookupTableInsertV2 LookupTableRemoveV2 LookupTableSize LookupTableSizeV2 LoopCond LowerBound Lu MakeUnique MatMul
MatrixBandPart MatrixDeterminant MatrixDiag MatrixDiagPart MatrixDiagPartV2 MatrixDiagPartV3 MatrixDiagV2 MatrixDiagV3
MatrixExponential MatrixInverse MatrixLogarithm MatrixSetDiag MatrixSetDiagV2 MatrixSetDiagV3 MatrixSolve MatrixSolveLs
MatrixSquareRoot MatrixTriangularSolve Max MaxPool MaxPool3D MaxPool3DGrad MaxPool3DGradGrad MaxPoolGrad MaxPoolGradGrad
MaxPoolGradGradV2 MaxPoolGradGradWithArgmax MaxPoolGradV2 MaxPoolGradWithArgmax MaxPoolV2 MaxPoolWithArgmax Maximum Mean
Merge Mfcc Min Minimum MirrorPad MirrorPadGrad Mod Mul MulNoNan Multinomial MutableDenseHashTable
MutableDenseHashTableV2 MutableHashTable MutableHashTableOfTensors MutableHashTableOfTensorsV2 MutableHashTableV2 Ndtri
Neg NextAfter NextIteration NoOp NonDeterministicInts NonMaxSuppression NonMaxSuppressionV2 NonMaxSuppressionV3
NonMaxSuppressionV4 NonMaxSuppressionV5 NonMaxSuppressionWithOverlaps NotEqual NthElement OneHot OnesLike Pack Pad PadV2
ParallelConcat ParallelDynamicStitch ParameterizedTruncatedNormal ParseExample ParseExampleV2 ParseSequenceExample
ParseSequenceExampleV2 ParseSingleExample ParseSingleSequenceExample ParseTensor PartitionedCall Placeholder
PlaceholderV2 PlaceholderWithDefault Polygamma PopulationCount Pow PreventGradient Print Prod Qr
QuantizeAndDequantize QuantizeAndDequantizeV2 QuantizeAndDequantizeV3 QuantizeAndDequantizeV4
QuantizeAndDequantizeV4Grad QuantizeDownAndShrinkRange QuantizeV2 QuantizedAdd QuantizedAvgPool
QuantizedBatchNormWithGlobalNormalization QuantizedBiasAdd QuantizedConcat QuantizedConcatV2 QuantizedConv2D
QuantizedConv2DAndRelu QuantizedConv2DAndReluAndRequantize QuantizedConv2DAndRequantize QuantizedConv2DPerChannel
QuantizedConv2DWithBias QuantizedConv2DWithBiasAndRelu QuantizedConv2DWithBiasAndReluAndRequantize
QuantizedConv2DWithBiasAndRequantize QuantizedConv2DWithBiasSignedSumAndReluAndRequantize
QuantizedConv2DWithBiasSumAndRelu QuantizedConv2DWithBiasSumAndReluAndRequantize QuantizedDepthwiseConv2D
QuantizedDepthwiseConv2DWithBias QuantizedDepthwiseConv2DWithBiasAndRelu
QuantizedDepthwiseConv2DWithBiasAndReluAndRequantize QuantizedInstanceNorm QuantizedMatMul QuantizedMatMulWithBias
QuantizedMatMulWithBiasAndDequantize QuantizedMatMulWithBiasAndRelu QuantizedMatMulWithBiasAndReluAndRequantize
QuantizedMatMulWithBiasAndRequantize QuantizedMaxPool QuantizedMul QuantizedRelu QuantizedRelu6 QuantizedReluX
QuantizedReshape QuantizedResizeBilinear RFFT RFFT2D RFFT3D RFFTND RGBToHSV RaggedBincount RaggedCountSparseOutput
RaggedCross RaggedFillEmptyRows RaggedFillEmptyRowsGrad RaggedGather RaggedRange RaggedTensorFromVariant
RaggedTensorToSparse RaggedTensorToTensor RaggedTensorToVariant RandomCrop RandomGamma RandomGammaGrad
RandomIndexShuffle RandomPoisson RandomPoissonV2 RandomShuffle RandomStandardNormal RandomUniform RandomUniformInt Range
Rank ReadVariableOp Real RealDiv Reciprocal ReciprocalGrad ReduceJoin RefEnter RefExit RefIdentity RefMerge
RefNextIteration RefSelect RefSwitch RegexFullMatch RegexReplace Relu Relu6 Relu6Grad ReluGrad RequantizationRange
RequantizationRangePerChannel Requantize RequantizePerChannel Reshape ResizeArea ResizeBicubic ResizeBicubicGrad
ResizeBilinear ResizeBilinearGrad ResizeNearestNeighbor ResizeNearestNeighborGrad ResourceApplyAdaMax
ResourceApplyAdadelta ResourceApplyAdagrad ResourceApplyAdagradDA ResourceApplyAdagradV2 ResourceApplyAdam
ResourceApplyAdamWithAmsgrad ResourceApplyAddSign ResourceApplyCenteredRMSProp ResourceApplyFtrl ResourceApplyFtrlV2
ResourceApplyGradientDescent ResourceApplyKerasMomentum ResourceApplyMomentum ResourceApplyPowerSign
ResourceApplyProximalAdagrad ResourceApplyProximalGradientDescent ResourceApplyRMSProp ResourceCountUpTo ResourceGather
ResourceGatherNd ResourceScatterAdd ResourceScatterDiv ResourceScatterMax ResourceScatterMin ResourceScatterMul
ResourceScatterNdAdd ResourceScatterNdMax ResourceScatterNdMin ResourceScatterNdSub ResourceScatterNdUpdate
ResourceScatterSub ResourceScatterUpdate ResourceSparseApplyAdadelta ResourceSparseApplyAdagrad
ResourceSparseApplyAdagradDA ResourceSparseApplyAdagradV2 ResourceSparseApplyCenteredRMSProp ResourceSparseApplyFtrl
ResourceSparseApplyFtrlV2 ResourceSparseApplyKerasMomentum ResourceSparseApplyMomentum
ResourceSparseApplyProximalAdagrad ResourceSparseApplyProximalGradientDescent ResourceSparseApplyRMSProp
ResourceStridedSliceAssign Reverse ReverseSequence ReverseV2 RightShift Rint RngReadAndSkip RngSkip Roll Round Rsqrt
RsqrtGrad SampleDistortedBoundingBox SampleDistortedBoundingBoxV2 ScaleAndTranslate ScaleAndTranslateGrad ScatterAdd
ScatterDiv ScatterMax ScatterMin ScatterMul ScatterNd ScatterNdAdd ScatterNdMax ScatterNdMin ScatterNdNonAliasingAdd
ScatterNdSub ScatterNdUpdate ScatterSub ScatterUpdate SegmentMax SegmentMaxV2 SegmentMean SegmentMin SegmentMinV2
SegmentProd SegmentProdV2 SegmentSum SegmentSumV2 Select SelectV2 SelfAdjointEig SelfAdjointEigV2 Selu SeluGrad
SerializeManySparse SerializeSparse SetSize Shape ShapeN Sigmoid SigmoidGrad Sign Sin Sinh Size Slice SobolSample
Softmax SoftmaxCrossEntropyWithLogits Softplus SoftplusGrad Softsign SoftsignGrad SpaceToBatch SpaceToBatchND
SpaceToDepth SparseAdd SparseAddGrad SparseApplyAdadelta SparseApplyAdagrad SparseApplyAdagradDA SparseApplyAdagradV2
SparseApplyCenteredRMSProp SparseApplyFtrl SparseApplyFtrlV2 SparseApplyMomentum SparseApplyProximalAdagrad
SparseApplyProximalGradientDescent SparseApplyRMSProp SparseBincount SparseConcat SparseCountSparseOutput SparseCross
SparseCrossHashed SparseCrossV2 SparseDenseCwiseAdd SparseDenseCwiseDiv SparseDenseCwiseMul SparseFillEmptyRows
SparseFillEmptyRowsGrad SparseMatMul SparseMatrixAdd SparseMatrixMatMul SparseMatrixMul SparseMatrixNNZ
SparseMatrixOrderingAMD SparseMatrixSoftmax SparseMatrixSoftmaxGrad SparseMatrixSparseCholesky SparseMatrixSparseMatMul
SparseMatrixTranspose SparseMatrixZeros SparseReduceMax SparseReduceMaxSparse SparseReduceSum SparseReduceSumSparse
SparseReorder SparseReshape SparseSegmentMean SparseSegmentMeanGrad SparseSegmentMeanGradV2
SparseSegmentMeanWithNumSegments SparseSegmentSqrtN SparseSegmentSqrtNGrad SparseSegmentSqrtNGradV2
SparseSegmentSqrtNWithNumSegments SparseSegmentSum SparseSegmentSumGrad SparseSegmentSumGradV2
SparseSegmentSumWithNumSegments SparseSlice SparseSliceGrad SparseSoftmax SparseSoftmaxCrossEntropyWithLogits
SparseSparseMaximum SparseSparseMinimum SparseSplit SparseTensorDenseAdd SparseTensorDenseMatMul
SparseTensorToCSRSparseMatrix SparseToDense SparseToSparseSetOperation Spence Split SplitV Sqrt SqrtGrad Square
SquaredDifference Squeeze Stack StackClose StackCloseV2 StackPop StackPopV2 StackPush StackPushV2 StackV2
StatefulPartitionedCall StatefulRandomBinomial StatefulStandardNormal StatefulStandardNormalV2 StatefulTruncatedNormal
StatefulUniform StatefulUniformFullInt StatefulUniformInt StatelessCase StatelessIf StatelessMultinomial
StatelessParameterizedTruncatedNormal StatelessRandomBinomial StatelessRandomGammaV2 StatelessRandomGammaV3
StatelessRandomGetAlg StatelessRandomGetKeyCounter StatelessRandomGetKeyCounterAlg StatelessRandomNormal
StatelessRandomNormalV2 StatelessRandomPoisson StatelessRandomUniform StatelessRandomUniformFullInt
StatelessRandomUniformFullIntV2 StatelessRandomUniformInt StatelessRandomUniformIntV2 StatelessRandomUniformV2
StatelessSampleDistortedBoundingBox StatelessShuffle StatelessTruncatedNormal StatelessTruncatedNormalV2 StatelessWhile
StaticRegexFullMatch StaticRegexReplace StochasticCastToInt StopGradient StridedSlice StridedSliceAssign
StridedSliceGrad StringFormat StringJoin StringLength StringLower StringNGrams StringSplit StringSplitV2 StringStrip
StringToHashBucket StringToHashBucketFast StringToHashBucketStrong StringToNumber StringUpper Sub Substr Sum Svd Switch
Tan Tanh TanhGrad TensorArray TensorArrayClose TensorArrayCloseV2 TensorArrayCloseV3 TensorArrayConcat
TensorArrayConcatV2 TensorArrayConcatV3 TensorArrayGather TensorArrayGatherV2 TensorArrayGatherV3 TensorArrayGrad
TensorArrayGradV2 TensorArrayGradV3 TensorArrayGradWithShape TensorArrayPack TensorArrayScatter TensorArrayScatterV2
TensorArrayScatterV3 TensorArraySize TensorArraySizeV2 TensorArraySizeV3 TensorArraySplit TensorArraySplitV2
TensorArraySplitV3 TensorArrayUnpack TensorArrayV2 TensorArrayV3 TensorListConcat TensorListConcatLists
TensorListConcatV2 TensorListElementShape TensorListFromTensor TensorListGather TensorListGetItem TensorListLength
TensorListPopBack TensorListPushBack TensorListPushBackBatch TensorListReserve TensorListResize TensorListScatter
TensorListScatterIntoExistingList TensorListScatterV2 TensorListSetItem TensorListSplit TensorListStack TensorMapErase
TensorMapHasKey TensorMapInsert TensorMapLookup TensorMapSize TensorMapStackKeys TensorScatterAdd TensorScatterMax
TensorScatterMin TensorScatterSub TensorScatterUpdate TensorStridedSliceUpdate Tile TileGrad ToBool TopK TopKUnique
TopKV2 TopKWithUnique Transpose TridiagonalMatMul TridiagonalSolve TruncateDiv TruncateMod TruncatedNormal UnicodeDecode
UnicodeDecodeWithOffsets UnicodeEncode UnicodeScript UnicodeTranscode UniformCandidateSampler UniformDequantize
UniformQuantize UniformQuantizedAdd UniformQuantizedClipByValue UniformQuantizedConvolution
UniformQuantizedConvolutionHybrid UniformQuantizedDot UniformQuantizedDotHybrid UniformRequantize Unique UniqueV2
UniqueWithCounts UniqueWithCountsV2 Unpack UnravelIndex UnsortedSegmentJoin UnsortedSegmentMax UnsortedSegmentMin
UnsortedSegmentProd UnsortedSegmentSum UpperBound VarHandleOp VarIsInitializedOp Variable VariableShape VariableV2 Where
While Xdivy Xlog1py Xlogy ZerosLike Zeta
"""
"""Names, between white space."""
