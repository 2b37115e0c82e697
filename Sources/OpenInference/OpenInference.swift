// OpenInference
