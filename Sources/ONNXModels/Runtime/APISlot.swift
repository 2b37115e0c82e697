/// Where each function that is used stands in the table of ONNX Runtime's C interface, counted from 0.
///
/// The table only ever grows at its end, so a place once given is for good, and an old version of the interface is
/// part of every later runtime. `scripts/reference/onnx_api_slots.py` counts them in a release's header.
package enum APISlot: Int, CaseIterable, Sendable {
    case getErrorMessage = 2
    case createEnvWithCustomLogger = 4
    case createSession = 7
    case run = 9
    case createSessionOptions = 10
    case setIntraOpNumThreads = 24
    case setInterOpNumThreads = 25
    case sessionGetInputCount = 30
    case sessionGetOutputCount = 31
    case sessionGetInputTypeInfo = 33
    case sessionGetOutputTypeInfo = 34
    case sessionGetInputName = 36
    case sessionGetOutputName = 37
    case createTensorAsOrtValue = 48
    case createTensorWithDataAsOrtValue = 49
    case getTensorMutableData = 51
    case fillStringTensor = 52
    case getStringTensorDataLength = 53
    case getStringTensorContent = 54
    case castTypeInfoToTensorInfo = 55
    case getOnnxTypeFromTypeInfo = 56
    case getTensorElementType = 60
    case getDimensionsCount = 61
    case getDimensions = 62
    case getTensorTypeAndShape = 65
    case createCpuMemoryInfo = 69
    case allocatorFree = 76
    case getAllocatorWithDefaultOptions = 78
    case releaseStatus = 93
    case releaseMemoryInfo = 94
    case releaseSession = 95
    case releaseValue = 96
    case releaseTypeInfo = 98
    case releaseTensorTypeAndShapeInfo = 99
    case releaseSessionOptions = 100
    case addSessionConfigEntry = 130
}
