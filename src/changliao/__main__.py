"""`changliao`, or `python -m changliao`."""

from changliao.commands.root import main

if __name__ == "__main__":
    main()
