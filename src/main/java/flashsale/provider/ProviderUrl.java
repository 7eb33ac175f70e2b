package flashsale.provider;

/** Where the provider is, for whoever brings one along; {@code flash-sale.provider.url} wins. */
public record ProviderUrl(String value) {}
