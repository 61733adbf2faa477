"""The local web page: what `serve` answers. It talks to the pipeline, as the command line does."""
