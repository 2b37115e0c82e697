// PayloadCapture
