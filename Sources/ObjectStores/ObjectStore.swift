package import Model

/// One object as a listing shows it.
package struct ObjectEntry: Hashable, Sendable {
  /// The whole name, prefix included.
  package var name: String
  package var size: UInt64
  /// By the store's clock: when this content was put there, which a copy rewrites. nil where nothing was put yet.
  package var modified: Timestamp?
  /// Another one when the content is another: an ETag, a generation. "" where the store tells none.
  package var version: String
  /// In a tier that has to be thawed for hours before it can be read.
  package var isArchived = false
  /// The beginning of an upload that was not completed: there is nothing to read.
  package var isUncommitted = false
  /// A name that stands for a folder, not for content.
  package var isFolder = false

  package init(name: String, size: UInt64, modified: Timestamp?, version: String) {
    self.name = name
    self.size = size
    self.modified = modified
    self.version = version
  }
}

/// What to list, and from where on.
package struct PageQuery: Hashable, Sendable {
  package var prefix: String
  /// Names after this one only; asked for on the first page, where the store can.
  package var startAfter: String?
  /// From the page before; nil for the first page.
  package var continuation: String?
  /// At most so many entries, or as many as the store gives.
  package var limit: Int?

  package init(
    prefix: String, startAfter: String? = nil, continuation: String? = nil, limit: Int? = nil
  ) {
    self.prefix = prefix
    self.startAfter = startAfter
    self.continuation = continuation
    self.limit = limit
  }
}

/// A part of a listing, in the store's order. It may be empty and yet have a next one.
package struct ListingPage: Hashable, Sendable {
  package var entries: [ObjectEntry]
  /// What leads to the next page; nil on the last one.
  package var next: String?
  /// The store's clock minus ours, in whole seconds as stores tell it; nil where it does not.
  package var clockOffset: Duration?

  package init(entries: [ObjectEntry], next: String?) {
    self.entries = entries
    self.next = next
  }
}

/// Uploads in parts that were begun and neither completed nor given up. They cost money and are no backup.
package struct IncompleteUploads: Hashable, Sendable {
  package var count = 0
  package var oldest: Timestamp?

  package init(count: Int = 0, oldest: Timestamp? = nil) {
    self.count = count
    self.oldest = oldest
  }
}

/// Why a store did not answer as it should.
package struct StoreFailure: Error, Hashable, Sendable {
  package var reason: FailureReason
  /// For people: names the store, what it said and the remedy; never a secret.
  package var detail: String
  /// The same request may succeed in a moment.
  package var isTemporary = false
  /// The object is another one by now, or gone.
  package var hasChanged = false
  /// The object has to be thawed before it can be read.
  package var isArchived = false
  /// What was asked for is not configured there, which is an answer too.
  package var isUnset = false

  package init(_ reason: FailureReason, _ detail: String) {
    self.reason = reason
    self.detail = detail
  }
}

/// A place where objects lie. Every call returns at once; each completion is called exactly once, on a queue of the
/// store's own, within about the time-out.
package protocol ObjectStore: Sendable {
  /// For people: `s3://bucket`.
  var title: String { get }
  /// Whether names come in the order of their bytes, and ``PageQuery/startAfter`` is heeded.
  var listsInOrder: Bool { get }
  /// Whether ``ObjectEntry/isUncommitted`` tells all that is incomplete, so that nobody else needs to be asked.
  var listsIncompleteUploads: Bool { get }

  func list(
    _ query: PageQuery, timeout: Duration,
    _ completion: @escaping @Sendable (Result<ListingPage, StoreFailure>) -> Void)

  /// Reads bytes of exactly this version. Fewer come where the object ends before.
  func read(
    _ entry: ObjectEntry, _ range: Range<UInt64>, timeout: Duration,
    _ completion: @escaping @Sendable (Result<[UInt8], StoreFailure>) -> Void)

  /// nil as the answer: the store does not know such uploads.
  func incompleteUploads(
    prefix: String, timeout: Duration,
    _ completion: @escaping @Sendable (Result<IncompleteUploads?, StoreFailure>) -> Void)

  /// What keeps the objects from being overwritten and deleted. nil as the answer: the store does not tell.
  func protection(
    timeout: Duration, _ completion: @escaping @Sendable (Result<StoreProtection?, StoreFailure>) -> Void)
}

extension ObjectStore {
  package func protection(
    timeout: Duration, _ completion: @escaping @Sendable (Result<StoreProtection?, StoreFailure>) -> Void
  ) { completion(.success(nil)) }
}
