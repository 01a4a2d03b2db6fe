internal import Model

/// Why a histogram is refused, or why two of them do not go together. Worded as Prometheus words it.
package enum HistogramError: Error, Hashable, Sendable {
  /// One has exponential buckets, the other listed bounds.
  case incompatibleSchemas
  case invalidSchema(Int32)
  case invalidSpans(Side, String)
  case invalidBounds(String)
  case negativeCount(String)
  /// A field that histograms of this schema do not have.
  case misplaced(String)
  /// Only an exponential schema can be reduced, and only to a coarser one.
  case cannotReduce(from: Int32, to: Int32)

  package enum Side: String, Hashable, Sendable {
    case positive = "positive side"
    case negative = "negative side"
    case custom = "custom buckets"
  }

  package var message: String {
    switch self {
    case .incompatibleSchemas:
      "cannot apply this operation on histograms with a mix of exponential and custom bucket schemas"
    case .invalidSchema(let schema):
      "histogram has an invalid schema, which must be between -4 and 8 for exponential buckets, "
        + "or -53 for custom buckets, got schema \(schema)"
    case .invalidSpans(let side, let reason): "\(side.rawValue): \(reason)"
    case .invalidBounds(let reason): "custom buckets: \(reason)"
    case .negativeCount(let reason), .misplaced(let reason): reason
    case .cannotReduce(let from, let to):
      from == FloatHistogram.customBucketsSchema
        ? "cannot reduce resolution when there are custom buckets"
        : to == FloatHistogram.customBucketsSchema
          ? "cannot reduce resolution to custom buckets schema"
          : "cannot reduce resolution from schema \(from) to \(to)"
    }
  }
}

extension HistogramError: CustomStringConvertible {
  package var description: String { message }
}

/// What a user should hear about although an operation on histograms gave a result.
package struct HistogramNotices: OptionSet, Hashable, Sendable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// One operand says that it follows a counter reset, the other that it does not. The result's hint is unknown.
  package static let counterResetCollision = Self(rawValue: 1)
  /// Listed bounds differ: the result has only those that both have.
  package static let boundsReconciled = Self(rawValue: 2)
}
