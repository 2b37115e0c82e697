// OutlierDetectorService
