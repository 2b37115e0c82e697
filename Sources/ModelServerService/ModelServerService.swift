// ModelServerService
