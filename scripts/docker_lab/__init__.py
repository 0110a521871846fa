"""Parts of ``make test-docker``: an own Docker engine, the desk's images, and what is checked of them."""
