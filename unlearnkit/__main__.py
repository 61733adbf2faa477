"""`python -m unlearnkit`, also what `accelerate launch -m unlearnkit` starts."""

from unlearnkit.cli.main import main

if __name__ == "__main__":
    main()
