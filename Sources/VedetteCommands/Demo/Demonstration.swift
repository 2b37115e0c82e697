package import Foundation

/// Prepares the demonstration: data, model, monitors, explainer and the mesh that watches it.
package struct Demonstration: Sendable {
    package let dataset: DatasetReference
    package let directory: URL
    package struct Prepared: Sendable { package let meshFile: URL }
    package init(dataset: DatasetReference, directory: URL) { self.dataset = dataset; self.directory = directory }
    package func prepare() async throws -> Prepared { Prepared(meshFile: directory) }
}
