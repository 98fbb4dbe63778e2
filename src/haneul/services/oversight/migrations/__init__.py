"""The history of oversight's tables since each service has one of its own."""
