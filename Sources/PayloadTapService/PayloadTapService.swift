// PayloadTapService
