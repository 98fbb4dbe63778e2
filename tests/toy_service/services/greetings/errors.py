"""What can go wrong with greetings."""

from haneul.kernel.errors import BadRequest, NotFound, QuotaExceeded


class GreetingNotFound(NotFound):
    code, message = "greetings.not_found", "Greeting {id} could not be found."


class GreetingTooLong(BadRequest):
    code, message = "greetings.too_long", "A greeting has at most {longest} characters."


class TooManyGreetings(QuotaExceeded):
    code = "greetings.too_many"


# Ribbons


class RibbonNotFound(NotFound):
    code, message = "greetings.ribbon_not_found", "Ribbon {id} could not be found."
