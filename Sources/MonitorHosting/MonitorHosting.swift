// MonitorHosting
