"""What can go wrong with greetings."""

from haneul.kernel.errors import BadRequest, HaneulError, NotFound, QuotaExceeded


class GreetingNotFound(NotFound):
    code, message = "greetings.not_found", "Greeting {id} could not be found."


class GreetingTooLong(BadRequest):
    code, message = "greetings.too_long", "A greeting has at most {longest} characters."


class TooManyGreetings(QuotaExceeded):
    code = "greetings.too_many"


# Ribbons


class RibbonNotFound(NotFound):
    code, message = "greetings.ribbon_not_found", "Ribbon {id} could not be found."


# Cards


class CardNotFound(NotFound):
    code, message = "greetings.card_not_found", "Card {id} could not be found."


class TagNotFound(NotFound):
    code, message = "greetings.tag_not_found", "Tag {tag} could not be found."


class NoSuchValue(BadRequest):
    code, message = "greetings.no_such_value", "{attribute} is wrong: {reason}."


class NotSo(BadRequest):
    code, message = "greetings.not_so", "That cannot be: {reason}."


class Revised(HaneulError):
    status, code = 412, "greetings.revised"
    message = "The card is at revision {current}, not {expected}."
