using System.CommandLine;
using EtlTableOps.Switching;

namespace EtlTableOps.Cli.Commands;

/// <summary>What shall be done with things that cannot follow an exchange by themselves.</summary>
internal sealed class ChoiceOptions
{
    public Option<bool> Streams { get; } = new("--recreate-streams") { Description = "Creates streams on the table anew after the exchange (Snowflake); they must have been consumed." };

    public Option<bool> MaterializedViews { get; } = new("--recreate-materialized-views") { Description = "Creates materialized views over the table anew after the exchange (Snowflake)." };

    public Option<bool> Pipes { get; } = new("--recreate-pipes") { Description = "Pauses and drains pipes into the table before the exchange and creates them anew after it (Snowflake); they forget which files they have loaded." };

    public Option<bool> DynamicTables { get; } = new("--recreate-dynamic-tables") { Description = "Creates dynamic tables over the table anew after the exchange (Snowflake); they are computed again." };

    /// <summary>The options as one value.</summary>
    public DependentChoices Read(ParseResult parsed) =>
        (parsed.GetValue(Pipes) ? DependentChoices.RecreatePipes : DependentChoices.None) | (parsed.GetValue(DynamicTables) ? DependentChoices.RecreateDynamicTables : DependentChoices.None) |
        (parsed.GetValue(Streams) ? DependentChoices.RecreateStreams : DependentChoices.None) | (parsed.GetValue(MaterializedViews) ? DependentChoices.RecreateMaterializedViews : DependentChoices.None);
}
