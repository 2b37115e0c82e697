// AdversarialDetectorService
