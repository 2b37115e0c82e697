// DriftDetection
