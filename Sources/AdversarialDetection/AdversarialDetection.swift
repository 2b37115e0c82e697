// AdversarialDetection
