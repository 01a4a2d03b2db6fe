internal import Model

extension FloatHistogram {
  var negated: FloatHistogram {
    var result = self
    result.zeroCount = -zeroCount
    result.count = -count
    result.sum = -sum
    result.positiveBuckets = positiveBuckets.map { -$0 }
    result.negativeBuckets = negativeBuckets.map { -$0 }
    return result
  }
}
