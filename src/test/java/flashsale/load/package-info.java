/** What the service does when more is asked of it than it can do: an open-model generator, and what it finds. */
@NullMarked
package flashsale.load;

import org.jspecify.annotations.NullMarked;
