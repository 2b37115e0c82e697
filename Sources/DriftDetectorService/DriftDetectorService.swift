// DriftDetectorService
