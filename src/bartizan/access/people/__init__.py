"""People: how somebody with a browser signs in, stays signed in, and proves it again."""
