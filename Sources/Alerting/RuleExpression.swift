internal import Model
internal import PromQL
internal import Templating

// All that this target knows of the expression language and the template language.

/// Why an expression cannot be used, and where in its text (Unicode scalars from 0).
struct ExpressionProblem: Error {
  var message: String
  var offset: Int
}

/// Parses `text` and makes sure that it can be evaluated.
func parseRuleExpression(_ text: String) throws(ExpressionProblem) -> Expression {
  let expression: Expression
  do {
    expression = try parseExpression(text)
  } catch {
    throw ExpressionProblem(message: "in the expression: \(error.message)", offset: error.offset)
  }
  do {
    _ = try Plan(expression)
  } catch {
    throw ExpressionProblem(message: "in the expression: \(error.message)", offset: 0)
  }
  return expression
}

func describe(_ error: TemplateError) -> String { error.message }

/// One element of an expression's result.
struct ResultElement {
  /// `__name__` among them when the expression kept it.
  var labels: Labels
  var value: Double
}

/// Why an evaluation gave no result.
struct EvaluationFailure: Error {
  var message: String
}

extension Plan {
  /// The result as a vector: a scalar is one element without labels.
  func elements(
    at time: Timestamp, in reader: any SeriesReader, limits: EvaluationLimits
  ) throws(EvaluationFailure) -> [ResultElement] {
    let value: Value
    do {
      value = try evaluate(at: time, in: reader, limits: limits)
    } catch {
      throw EvaluationFailure(message: error.message)
    }
    switch value {
    case .scalar(let number): return [ResultElement(labels: .empty, value: number)]
    case .vector(let vector): return vector.map { ResultElement(labels: $0.labels, value: $0.value) }
    case .string: throw EvaluationFailure(message: "rule result is not a vector or scalar")
    }
  }
}
