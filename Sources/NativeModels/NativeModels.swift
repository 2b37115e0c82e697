// NativeModels
