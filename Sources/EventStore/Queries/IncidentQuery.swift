/// Which incidents to list, newest first by the opening of their first alert; a nil field does not restrict.
package struct IncidentQuery: Sendable, Hashable {
    /// Only this one.
    package var id: String?
    /// Those with an alert that is not closed, or those without.
    package var isActive: Bool?
    /// Those with an alert of this namespace, or of this model.
    package var namespace: String?
    package var model: String?
    package var limit: Int
    package var cursor: PageCursor?

    package init(
        id: String? = nil,
        isActive: Bool? = nil,
        namespace: String? = nil,
        model: String? = nil,
        limit: Int = 50,
        cursor: PageCursor? = nil
    ) {
        self.id = id
        self.isActive = isActive
        self.namespace = namespace
        self.model = model
        self.limit = limit
        self.cursor = cursor
    }
}
