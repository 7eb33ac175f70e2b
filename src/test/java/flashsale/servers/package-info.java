/** Real Redis and PostgreSQL for tests and local runs, and the ways to break them. */
@NullMarked
package flashsale.servers;

import org.jspecify.annotations.NullMarked;
