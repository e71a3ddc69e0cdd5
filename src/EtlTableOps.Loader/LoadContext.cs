namespace EtlTableOps.Loader;

/// <summary>Placeholder of the module's private load context.</summary>
public static class LoadContext;
