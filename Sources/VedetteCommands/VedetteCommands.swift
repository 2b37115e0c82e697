// VedetteCommands
