"""Stripe for tests: localstripe, and in front of it a proxy that does what localstripe leaves out.

The proxy checks every request against the parameters that Stripe's own package for Python declares, which is generated
from Stripe's OpenAPI description; keeps idempotency keys; refuses what Stripe refuses; knows disputes, holds that
lapse and a search; and breaks what it is told to break. Test methods have the names that they have at Stripe.

Prints its port as JSON, and ends at the end of its input. Everything below `/_test/` is for the tests.
"""

import asyncio
import json
import re
import sys
import types
import typing

import stripe
from aiohttp import ClientSession, web
from localstripe import server as local
from localstripe.resources import store
from stripe import params
from typing_extensions import is_typeddict

store.dump_to_disk = lambda: None

CALLS = [
    ("POST", r"/v1/payment_intents", params.PaymentIntentCreateParams),
    ("POST", r"/v1/customers", params.CustomerCreateParams),
    ("POST", r"/v1/payment_intents/pi_\w+/capture", params.PaymentIntentCaptureParams),
    ("POST", r"/v1/payment_intents/pi_\w+/cancel", params.PaymentIntentCancelParams),
    ("POST", r"/v1/refunds", params.RefundCreateParams),
    ("GET", r"/v1/payment_intents", params.PaymentIntentListParams),
    ("GET", r"/v1/payment_intents/search", params.PaymentIntentSearchParams),
    ("GET", r"/v1/payment_intents/\w+", params.PaymentIntentRetrieveParams),
    ("GET", r"/v1/refunds", params.RefundListParams),
    ("GET", r"/v1/disputes", params.DisputeListParams),
]
# What localstripe takes of them: it refuses whatever else there is.
TAKEN = {"amount", "currency", "payment_method", "capture_method", "confirm", "metadata", "payment_intent", "amount_to_capture"}
CARDS = {
    "pm_card_visa": "4242424242424242",
    "pm_card_createDispute": "4242424242424242",
    "pm_card_visa_chargeDeclined": "4000000000000341",
    "pm_card_visa_chargeDeclinedInsufficientFunds": "4000000000000341",
    "pm_card_threeDSecure2Required": "4000002500003155",
    # Whoever pays must confirm it, each time.
    "pm_card_authenticationRequired": "4000002500003155",
}
DECLINED = "4000000000000341"
DECLINES = {"pm_card_visa_chargeDeclinedInsufficientFunds": "insufficient_funds"}
WEEK = 7 * 24 * 60 * 60


class Refused(Exception):
    def __init__(self, status, message, type="invalid_request_error", **error):
        self.status, self.error = status, {"type": type, "message": message, **error}

    def answer(self):
        return self.status, {"error": self.error}


def misfit(value, kind, where):
    """Why a value that came in a form is not of the type that Stripe's package declares, if it is not."""
    origin, of = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        # `Literal[…] | str` is the package's way to be ready for values of later versions.
        if any(typing.get_origin(part) is typing.Literal for part in of):
            of = [part for part in of if part is not str]
        reasons = [misfit(value, part, where) for part in of]
        return None if None in reasons else reasons[0]
    if origin is typing.Literal:
        return None if value in of else f"{where}: {value!r} is none of {of}"
    if origin is list:
        if not isinstance(value, list):
            return f"{where} is no list"
        return next(filter(None, (misfit(item, of[0], where) for item in value)), None)
    if origin is dict:
        return None if isinstance(value, dict) else f"{where} has no fields"
    if is_typeddict(kind):
        return misfits(value, kind, where)
    if not isinstance(value, str):
        return f"{where} is no single value"
    fine = {int: r"-?\d+", bool: "true|false", str: ".*", float: r"[\d.]+"}.get(kind)
    return None if fine and re.fullmatch(fine, value, re.S) else f"{where}: {value!r} is no {kind}"


def misfits(fields, kind, where=""):
    if not isinstance(fields, dict):
        return f"{where} has no fields"
    # What only the package's type checker has to know.
    hints = typing.get_type_hints(kind, localns={**vars(typing), "StripeContext": object})
    known = {name for name in hints if name not in stripe.RequestOptions.__annotations__}
    if unknown := fields.keys() - known:
        return f"{where}: Stripe knows no {', '.join(sorted(unknown))}"
    if missing := (kind.__required_keys__ & known) - fields.keys():
        return f"{where}: {', '.join(sorted(missing))} is missing"
    return next(filter(None, (misfit(value, hints[name], name) for name, value in fields.items())), None)


class Stripe:
    def __init__(self):
        self.answers, self.under_way, self.faults = {}, set(), []
        self.calls, self.methods, self.cancelled, self.disputes = [], {}, {}, {}
        self.search_lags = False
        # Which methods each customer has agreed to be charged by, and whose payment is whose.
        self.customers, self.payers, self.codes = {}, {}, {}

    def intents(self):
        return [thing for name, thing in store.items() if name.startswith("payment_intent:")]

    def intent(self, id):
        thing = store.get(f"payment_intent:{id}")
        if thing is None:
            raise Refused(404, f"No such payment_intent: '{id}'", code="resource_missing")
        return thing

    async def local(self, path, form):
        flat = {}
        for name, value in form.items():
            for key, part in value.items() if isinstance(value, dict) else [(None, value)]:
                flat[name if key is None else f"{name}[{key}]"] = part
        headers = {"authorization": "Bearer sk_test_12345"}
        async with ClientSession() as session:
            async with session.post(self.inside + path, data=flat, headers=headers) as answer:
                text = await answer.text()
                return answer.status, json.loads(text) if text else {}

    def whole(self, thing, expand=()):
        """A payment intent as Stripe has it."""
        intent = thing._export()
        charge, reason = thing.latest_charge, self.cancelled.get(thing.id)
        intent["cancellation_reason"] = reason
        intent["customer"] = self.payers.get(thing.id)
        intent["amount_capturable"] = thing.amount if thing.status == "requires_capture" else 0
        intent["amount_received"] = thing.amount if thing.status == "succeeded" else 0
        if intent["next_action"]:
            url = f"{self.outside}/bank/{thing.id}"
            intent["next_action"] = {"type": "redirect_to_url", "redirect_to_url": {"url": url, "return_url": None}}
        if intent["last_payment_error"] and charge:
            intent["last_payment_error"]["decline_code"] = self.decline(thing)
            if thing.id in self.codes:
                intent["last_payment_error"]["code"] = self.codes[thing.id]
        intent["latest_charge"] = charge and charge.id
        if charge and any(part.startswith("latest_charge") for part in expand):
            intent["latest_charge"] = self.charge(thing, charge, expand)
        return intent

    def decline(self, thing):
        return self.codes.get(thing.id) or DECLINES.get(self.methods.get(thing.id), "generic_decline")

    def charge(self, thing, charge, expand):
        whole = charge._export()
        before = None if charge.captured else charge.created + WEEK
        whole["payment_method_details"] = {"type": "card", "card": {"capture_before": before}}
        whole["disputed"] = thing.id in self.disputes
        refunds = whole.pop("refunds", None)
        refunds = [refund._export() for refund in charge.refunds._list]
        if thing.id in self.cancelled:
            # To Stripe, what is let go is refunded.
            refunds = [{"id": "re_of_the_hold", "object": "refund", "amount": thing.amount, "status": "succeeded"}]
        whole["amount_refunded"] = sum(refund["amount"] for refund in refunds)
        if "latest_charge.refunds" in expand:
            whole["refunds"] = {"object": "list", "data": refunds[:10], "has_more": len(refunds) > 10}
        transaction = store.get(f"balance_transaction:{charge.balance_transaction}")
        if transaction and "latest_charge.balance_transaction" in expand:
            fee = thing.amount * 4 // 100
            whole["balance_transaction"] = {**transaction._export(), "fee": fee, "currency": thing.currency}
        return whole

    def state(self, thing, wanted, verb):
        if thing.status not in wanted:
            message = f"This PaymentIntent could not be {verb} because it has a status of {thing.status}."
            code = "payment_intent_unexpected_state"
            raise Refused(400, message, code=code, payment_intent=self.whole(thing))

    async def create(self, form):
        expand, method = form.get("expand", ()), form["payment_method"]
        if method not in CARDS:
            raise Refused(400, f"No such PaymentMethod: '{method}'", code="resource_missing", param="payment_method")
        customer, absent = form.get("customer"), form.get("off_session") == "true"
        if customer is not None and customer not in self.customers:
            raise Refused(400, f"No such customer: '{customer}'", code="resource_missing", param="customer")
        if absent and method not in self.customers.get(customer, ()):
            raise Refused(400, "The provided PaymentMethod was previously used without Customer attachment.")
        unconfirmed = absent and method == "pm_card_authenticationRequired"
        card = {"number": DECLINED if unconfirmed else CARDS[method], "exp_month": "12", "exp_year": "2099", "cvc": "123"}
        _, made = await self.local("/v1/payment_methods", {"type": "card", "card": card})
        taken = {name: value for name, value in form.items() if name in TAKEN}
        status, body = await self.local("/v1/payment_intents", {**taken, "payment_method": made["id"]})
        if status == 402:
            charge = body["error"]["charge"]
            thing = next(it for it in self.intents() if it.latest_charge and it.latest_charge.id == charge)
            self.methods[thing.id], self.payers[thing.id] = method, customer
            if unconfirmed:
                self.codes[thing.id] = "authentication_required"
            error = {**body["error"], "type": "card_error", "decline_code": self.decline(thing)}
            return status, {"error": {**error, "payment_intent": self.whole(thing)}}
        if status != 200:
            return status, body
        self.methods[body["id"]], self.payers[body["id"]] = method, customer
        if form.get("setup_future_usage") == "off_session":
            self.customers[customer].add(method)
        return 200, self.whole(self.intent(body["id"]), expand)

    async def capture(self, id, form):
        thing = self.intent(id)
        self.state(thing, ("requires_capture",), "captured")
        status, body = await self.local(f"/v1/payment_intents/{id}/capture", {"amount_to_capture": form["amount_to_capture"]})
        if status == 200 and self.methods.get(id) == "pm_card_createDispute":
            self.dispute(id, "needs_response")
        return (200, self.whole(thing, form.get("expand", ()))) if status == 200 else (status, body)

    async def cancel(self, id, form):
        thing = self.intent(id)
        wanted = ("requires_payment_method", "requires_capture", "requires_confirmation", "requires_action")
        self.state(thing, wanted, "canceled")
        await self.local(f"/v1/payment_intents/{id}/cancel", {})
        self.cancelled[id] = form.get("cancellation_reason")
        return 200, self.whole(thing, form.get("expand", ()))

    async def refund(self, form):
        thing = self.intent(form["payment_intent"])
        charge, amount = thing.latest_charge, int(form.get("amount") or thing.amount)
        if not charge or not charge.captured:
            raise Refused(400, "This charge was not captured.", code="charge_not_captured")
        if charge.refunded:
            raise Refused(400, "Charge has already been refunded.", code="charge_already_refunded")
        if amount > charge.amount - charge.amount_refunded:
            raise Refused(400, "Refund amount is greater than unrefunded amount on charge.", param="amount")
        return await self.local("/v1/refunds", {name: value for name, value in form.items() if name in TAKEN})

    def dispute(self, id, status):
        thing = self.intent(id)
        details = {"due_by": thing.created + WEEK}
        self.disputes[id] = {
            "id": f"du_{id[3:]}", "object": "dispute", "amount": thing.amount, "currency": thing.currency,
            "reason": "fraudulent", "status": status, "payment_intent": id, "evidence_details": details,
            "balance_transactions": [{"amount": -thing.amount, "fee": 1500, "currency": thing.currency}],
        }
        if status == "won":
            returned = {"amount": thing.amount, "fee": -1500, "currency": thing.currency}
            self.disputes[id]["balance_transactions"].append(returned)

    def page(self, things, form, export):
        ids = [thing["id"] if isinstance(thing, dict) else thing.id for thing in things]
        start = ids.index(form["starting_after"]) + 1 if "starting_after" in form else 0
        limit = int(form.get("limit", 10))
        data = [export(thing) for thing in things[start : start + limit]]
        return 200, {"object": "list", "data": data, "has_more": len(things) > start + limit}

    def read(self, path, form):
        expand = form.get("expand", ())
        if path == "/v1/payment_intents/search":
            id = re.fullmatch(r"metadata\['payment'\]:'([\w-]+)'", form["query"])[1]
            found = [] if self.search_lags else [it for it in self.intents() if it.metadata.get("payment") == id]
            return 200, {"object": "search_result", "data": [self.whole(it, expand) for it in found], "has_more": False}
        if path == "/v1/payment_intents":
            created = form.get("created", {})
            after, before = int(created.get("gte", 0)), int(created.get("lt", 1 << 40))
            # Newest first, as Stripe does; of one second, whichever was made later.
            things = [it for it in reversed(self.intents()) if after <= it.created < before]
            nested = [part.removeprefix("data.") for part in expand]
            return self.page(things, form, lambda it: self.whole(it, nested))
        if path == "/v1/refunds":
            charge = self.intent(form["payment_intent"]).latest_charge
            return self.page(list(charge.refunds._list), form, lambda it: it._export())
        if path == "/v1/disputes":
            dispute = self.disputes.get(form["payment_intent"])
            return 200, {"object": "list", "data": [dispute] if dispute else [], "has_more": False}
        return 200, self.whole(self.intent(path.split("/")[-1]), expand)

    async def write(self, path, form):
        parts = path.split("/")
        match parts[2], parts[-1]:
            case "customers", _:
                id = f"cus_{len(self.customers) + 1}"
                self.customers[id] = set()
                return 200, {"id": id, "object": "customer", "metadata": form["metadata"]}
            case "refunds", _:
                return await self.refund(form)
            case _, "capture":
                return await self.capture(parts[3], form)
            case _, "cancel":
                return await self.cancel(parts[3], form)
            case _:
                return await self.create(form)

    def check(self, request, form):
        kind = next((kind for verb, path, kind in CALLS if verb == request.method and re.fullmatch(path, request.path)), None)
        if kind is None:
            raise Refused(404, f"Unrecognized request URL ({request.method}: {request.path})")
        if why := misfits(form, kind, request.path):
            raise Refused(400, why)
        if not request.headers.get("authorization", "").startswith("Bearer sk_test_"):
            raise Refused(401, "Invalid API Key provided")
        if request.headers.get("stripe-version") != stripe.api_version:
            raise Refused(400, f"the package of {stripe.api_version} knows nothing of this version")

    async def once(self, request, form):
        key = request.headers.get("idempotency-key")
        if not key or len(key) > 255:
            raise Refused(400, "every call that does something has a key here")
        asked = (request.path, json.dumps(form, sort_keys=True))
        if key in self.under_way:
            # A caller that has given up may not be known to be gone yet.
            await asyncio.sleep(0.2)
        if key in self.under_way:
            raise Refused(409, "There is currently another in-progress request using this key.", code="idempotency_key_in_use")
        if key in self.answers:
            before, answer = self.answers[key]
            if before != asked:
                raise Refused(400, "Keys can only be used with the same parameters.", type="idempotency_error")
            return answer
        self.under_way.add(key)
        try:
            fault = self.faults.pop(0) if self.faults else None
            match fault:
                case "drop_before":
                    return None
                case "429":
                    raise Refused(429, "Too many requests", code="rate_limit")
                case "500_before":
                    answer = 500, {"error": {"type": "api_error", "message": "told to"}}
                case "slow":
                    while request.transport and not request.transport.is_closing():
                        await asyncio.sleep(0.01)
                    return None
                case _:
                    self.calls.append(request.path)
                    try:
                        answer = await self.write(request.path, form)
                    except Refused as refused:
                        answer = refused.answer()
            if fault == "500_after":
                answer = 500, {"error": {"type": "api_error", "message": "told to"}}
            # Of errors, too, Stripe keeps what it answered first.
            self.answers[key] = asked, answer
            return None if fault == "drop_after" else answer
        finally:
            self.under_way.discard(key)

    async def handle(self, request):
        write = request.method == "POST"
        form = local.unflatten_data(await request.post() if write else request.query)
        try:
            self.check(request, form)
            answer = await self.once(request, form) if write else self.read(request.path, form)
        except Refused as refused:
            answer = refused.answer()
        if answer is None:
            if request.transport:
                request.transport.abort()
            return web.Response()
        return web.json_response(answer[1], status=answer[0])

    async def test(self, request):
        """What a test does that no client of Stripe's could."""
        given = await request.json() if request.can_read_body else {}
        match request.match_info["what"]:
            case "faults":
                self.faults = given["faults"]
            case "search":
                self.search_lags = given["lags"]
            case "bank":
                thing = self.intent(given["intent"])
                form = {"client_secret": thing.client_secret, "success": str(given["approve"]).lower()}
                await self.local(f"/v1/payment_intents/{thing.id}/_authenticate", form)
            case "expire":
                await self.cancel(given["intent"], {"cancellation_reason": "automatic"})
            case "dispute":
                self.dispute(given["intent"], given["status"])
            case "refund":
                await self.refund({"payment_intent": given["intent"], "amount": str(given["amount"])})
            case "webhook":
                await self.local("/_config/webhooks/w1", given)
        return web.json_response({"calls": self.calls, "intents": len(self.intents())})


async def listen(app):
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]
    return port, f"http://127.0.0.1:{port}"


async def main():
    proxy = Stripe()
    _, proxy.inside = await listen(local.app)
    app = web.Application()
    app.router.add_post("/_test/{what}", proxy.test)
    app.router.add_route("*", "/{path:.*}", proxy.handle)
    port, proxy.outside = await listen(app)
    print(json.dumps({"port": port}), flush=True)
    while await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline):
        pass


asyncio.run(main())
