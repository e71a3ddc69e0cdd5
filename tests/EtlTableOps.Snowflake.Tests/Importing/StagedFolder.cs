using EtlTableOps.Snowflake.Testing;

namespace EtlTableOps.Snowflake.Tests.Importing;

/// <summary>Lays files into a stage of the model, as another system would.</summary>
internal static class StagedFolder
{
    public static void Write(SnowflakeModel model, string stage, string file, string content)
    {
        var path = Path.Combine(((StageItem)model.Items("STAGE").Single(s => s.Name == stage)).Folder, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
    }
}
