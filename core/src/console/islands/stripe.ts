// Stripe's form for cards: what it makes of one goes with our form, and the card itself to Stripe alone.
import { each } from "./lib/each";
import type { Elements, Problem, Stripe } from "./lib/stripe";

each<HTMLElement>("[data-card]", (into) => {
  const form = into.closest("form")!;
  const refused = form.querySelector<HTMLElement>("[data-card-refused]")!;
  if (!window.Stripe) {
    refused.hidden = false;
    return;
  }
  const stripe = window.Stripe(into.dataset.card!, { locale: document.documentElement.lang });
  const elements = stripe.elements({
    mode: "payment",
    amount: Number(into.dataset.amount),
    currency: into.dataset.currency!,
    captureMethod: "manual",
    // Whoever confirms is the server: it asks Stripe with its own key, and nothing of that comes here.
    paymentMethodCreation: "manual",
    paymentMethodTypes: ["card"],
    appearance: { theme: matchMedia("(prefers-color-scheme: dark)").matches ? "night" : "stripe" },
  });
  elements.create("payment", { layout: "tabs", wallets: { applePay: "never", googlePay: "never" } }).mount(into);

  const say = ({ message }: Problem) => {
    if (message) refused.textContent = message;
    refused.hidden = false;
  };
  const button = form.querySelector<HTMLButtonElement>("button")!;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    refused.hidden = true;
    button.disabled = true;
    const made = await method(stripe, elements);
    button.disabled = false;
    if (typeof made !== "string") return say(made);
    form.querySelector<HTMLInputElement>("[name=payment_method]")!.value = made;
    button.disabled = true;
    // Not by `requestSubmit`, which would come here again.
    form.submit();
  });
});

/** Stripe's name for the card, or why there is none. */
async function method(stripe: Stripe, elements: Elements): Promise<string | Problem> {
  try {
    const checked = await elements.submit();
    if (checked.error) return checked.error;
    const { error, paymentMethod } = await stripe.createPaymentMethod({ elements });
    return paymentMethod?.id ?? error ?? {};
  } catch {
    return {};
  }
}
