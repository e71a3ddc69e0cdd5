using EtlTableOps.Shadows;

namespace EtlTableOps.Behaviour;

/// <summary>Changes as scenarios declare them.</summary>
public static class Declared
{
    public static DeclaredChange Nothing { get; } = new();

    public static DeclaredChange Twice { get; } = new() { Add = [new AddedColumn("twice", "integer", "user_id * 2")] };
}
