// ExplainerService
