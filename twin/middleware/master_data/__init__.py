"""Master data: what is known of items beside their stock, from whoever looks after them."""
