import Testing

@testable import AlertmanagerAPI
