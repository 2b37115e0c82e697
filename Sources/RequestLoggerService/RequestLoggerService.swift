// RequestLoggerService
