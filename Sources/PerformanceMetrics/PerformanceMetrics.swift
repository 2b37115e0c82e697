// PerformanceMetrics
