"""Services that an OpenAPI description describes: its operations are the routes, its schemas what they take."""
