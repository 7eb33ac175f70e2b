/** The payment provider, spoken to over HTTP; the rest of the service knows only the port. */
@NullMarked
package flashsale.provider;

import org.jspecify.annotations.NullMarked;
