using EtlTableOps.Switching;

namespace EtlTableOps.PowerShell.Binding;

/// <summary>The switches of two cmdlets as one value.</summary>
internal static class Choices
{
    /// <summary>What the switches say.</summary>
    public static DependentChoices Of(bool streams, bool materializedViews, bool pipes, bool dynamicTables) =>
        (pipes ? DependentChoices.RecreatePipes : DependentChoices.None) | (dynamicTables ? DependentChoices.RecreateDynamicTables : DependentChoices.None) |
        (streams ? DependentChoices.RecreateStreams : DependentChoices.None) | (materializedViews ? DependentChoices.RecreateMaterializedViews : DependentChoices.None);
}
