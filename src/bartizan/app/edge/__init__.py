"""Configuration for proxies in front of the gateway: HTTP/2, HTTP/3, several machines; and for those that only ask."""
