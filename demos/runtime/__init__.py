"""What runs below the page: languages, scheduling, errors, middleware."""
