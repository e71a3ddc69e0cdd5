using System.CommandLine;
using System.CommandLine.Parsing;
using EtlTableOps.Cli.Output;
using EtlTableOps.Errors;
using EtlTableOps.Observability;
using EtlTableOps.Switching;

namespace EtlTableOps.Cli.Commands;

/// <summary>Options that mean the same on every command.</summary>
internal static class CommonOptions
{
    /// <summary>The variable that stands in for <see cref="Connection"/>.</summary>
    public const string ConnectionVariable = "ETLTABLEOPS_CONNECTION";

    /// <summary>The variable that holds a secret which is not to be a part of the connection text.</summary>
    public const string PasswordVariable = "ETLTABLEOPS_PASSWORD";

    public static Option<string> Connection { get; } = new("--connection", "-c")
    {
        Description = $"The database: sqlite:events.db, postgresql://user@host/db … Or set {ConnectionVariable}. A password comes from {PasswordVariable} or from the engine's own places (PGPASSWORD, pgpass).",
        HelpName = "text",
    };

    public static Option<bool> Json { get; } = new("--json") { Description = "One compact JSON object as the last line of the standard output; progress goes to the standard error." };

    public static Option<bool> Quiet { get; } = new("--quiet", "-q") { Description = "No progress; warnings, errors and the result alone." };

    public static Option<bool> Verbose { get; } = new("--verbose", "-v") { Description = "Every statement, as it runs." };

    public static Option<bool> WhatIf { get; } = new("--what-if") { Description = "Shows the exact statements that would run, and writes nothing." };

    public static Option<bool> Yes { get; } = new("--yes", "-y") { Description = "Does not ask. Without a terminal nobody is asked anyway." };

    /// <summary>A positional table that must be given.</summary>
    public static Argument<string> Table() => NoOption(new Argument<string>("table") { Description = "The live table, as in SQL: allevents, sales.allevents, '\"All Events\"'." });

    /// <summary>A positional table of another meaning.</summary>
    public static Argument<string> Table(string name, string what) => NoOption(new Argument<string>(name) { Description = what });

    /// <summary>A positional table that may be left out.</summary>
    public static Argument<string?> OptionalTable() => NoOption(new Argument<string?>("table") { Description = "The live table; all of them when left out.", Arity = ArgumentArity.ZeroOrOne });

    /// <summary>
    /// An option that the command does not know would be read as the table's name, and a repair of table "--yes" finds nothing to do. A table that
    /// is really named so is written in double quotes.
    /// </summary>
    private static Argument<T> NoOption<T>(Argument<T> table)
    {
        table.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(t => t.Value.StartsWith('-'))) result.AddError($"Unknown option '{token.Value}'.");
        });
        return table;
    }

    /// <summary>How a shadow takes the live table's place.</summary>
    public static Option<ExchangeMethod?> Method(string standard) => new("--method")
    {
        Description = $"How the shadow takes the live table's place: swap exchanges the names; overwrite keeps the live table, with its streams and shares, and gives it the shadow's rows (Snowflake). {standard}",
        HelpName = "way",
        CustomParser = result =>
        {
            var text = Single(result);
            if (text.Equals("swap", StringComparison.OrdinalIgnoreCase)) return ExchangeMethod.Swap;
            if (text.Equals("overwrite", StringComparison.OrdinalIgnoreCase)) return ExchangeMethod.Overwrite;
            result.AddError($"'{text}' is no way of exchange: swap or overwrite.");
            return null;
        },
    };

    /// <summary>Goes on past transactions that read an older state.</summary>
    public static Option<bool> IgnoreOldSnapshots() => new("--ignore-old-snapshots")
    {
        Description = "Does not wait for transactions that read a state from before the new rows were in (REPEATABLE READ, SERIALIZABLE); until they end, they may find rows missing, or an empty table.",
    };

    /// <summary>An option that takes a length of time.</summary>
    public static Option<TimeSpan?> Duration(string name, string what, TimeSpan standard) => new(name)
    {
        Description = $"{what}, such as 100ms, 2s, 5m or 1h; {Human.Duration(standard)} when left out.",
        HelpName = "time",
        CustomParser = result => Read(result, text => (TimeSpan?)Human.ParseDuration(text)),
    };

    /// <summary>Adds what a command that only reads takes.</summary>
    public static Command Reading(this Command command)
    {
        command.Add(Connection);
        command.Add(Json);
        command.Add(Quiet);
        command.Add(Verbose);
        return command;
    }

    /// <summary>Adds what a command that changes something takes.</summary>
    public static Command Changing(this Command command)
    {
        command.Add(WhatIf);
        return command.Reading();
    }

    /// <summary>The one word that an option's parser was given.</summary>
    public static string Single(ArgumentResult result) => result.Tokens.Count == 0 ? "" : result.Tokens[0].Value;

    /// <summary>Reads an option's word with one of the library's readers; what it says against it becomes the usage error.</summary>
    public static T? Read<T>(ArgumentResult result, Func<string, T> read) => Read(result, Single(result), read);

    /// <summary>Reads one of several words.</summary>
    public static T? Read<T>(ArgumentResult result, string word, Func<string, T> read)
    {
        try
        {
            return read(word);
        }
        catch (EtlException e) when (e.Code == ErrorCode.BadInput)
        {
            result.AddError(ShellWords.Of(e.Message));
            return default;
        }
    }
}
