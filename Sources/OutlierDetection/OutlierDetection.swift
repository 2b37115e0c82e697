// OutlierDetection
