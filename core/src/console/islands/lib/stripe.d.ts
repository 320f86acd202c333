// What js.stripe.com's script offers, as far as we ask.

export interface Problem { message?: string }
export interface Elements {
  create(type: "payment", options: { layout: string; wallets: Record<string, "never"> }): { mount(into: HTMLElement): void };
  submit(): Promise<{ error?: Problem }>;
}
export interface Stripe {
  elements(options: {
    mode: "payment";
    amount: number;
    currency: string;
    captureMethod: "manual";
    paymentMethodCreation: "manual";
    paymentMethodTypes: string[];
    appearance: { theme: string };
  }): Elements;
  createPaymentMethod(of: { elements: Elements }): Promise<{ error?: Problem; paymentMethod?: { id: string } }>;
}
declare global {
  interface Window { Stripe?: (key: string, options: { locale: string }) => Stripe }
}
